# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
check_PROGRAMS += %D%/test_alloc
TESTS += %D%/test_alloc
check_PROGRAMS += %D%/test_assert
TESTS += %D%/test_assert
check_PROGRAMS += %D%/test_bucket
TESTS += %D%/test_bucket
check_PROGRAMS += %D%/test_buf
TESTS += %D%/test_buf
check_PROGRAMS += %D%/test_clock
TESTS += %D%/test_clock
check_PROGRAMS += %D%/test_cursor
TESTS += %D%/test_cursor
check_PROGRAMS += %D%/test_err
TESTS += %D%/test_err
check_PROGRAMS += %D%/test_frost
TESTS += %D%/test_frost
check_PROGRAMS += %D%/test_histogram
TESTS += %D%/test_histogram
check_PROGRAMS += %D%/test_idmap
TESTS += %D%/test_idmap
check_PROGRAMS += %D%/test_json_out
TESTS += %D%/test_json_out
check_PROGRAMS += %D%/test_pool
TESTS += %D%/test_pool
check_PROGRAMS += %D%/test_rng
TESTS += %D%/test_rng
check_PROGRAMS += %D%/test_siphash
TESTS += %D%/test_siphash
check_PROGRAMS += %D%/test_str
TESTS += %D%/test_str
check_PROGRAMS += %D%/test_str_heap
TESTS += %D%/test_str_heap
check_PROGRAMS += %D%/test_wheel
TESTS += %D%/test_wheel
endif
