# Tests of this kind; see README in tests/.
