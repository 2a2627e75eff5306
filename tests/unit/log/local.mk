# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
check_PROGRAMS += %D%/test_format
TESTS += %D%/test_format
check_PROGRAMS += %D%/test_ring
TESTS += %D%/test_ring
check_PROGRAMS += %D%/test_tail
TESTS += %D%/test_tail
check_PROGRAMS += %D%/test_log
TESTS += %D%/test_log
endif
