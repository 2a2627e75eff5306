if HAVE_CHECK
check_PROGRAMS += %D%/test_trail
TESTS += %D%/test_trail
endif
