# Tests of this kind; see README in tests/.
TESTS += %D%/bench-smoke.test
EXTRA_DIST += %D%/bench-smoke.test
