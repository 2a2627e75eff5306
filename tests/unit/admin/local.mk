# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
check_PROGRAMS += %D%/test_keys
TESTS += %D%/test_keys
check_PROGRAMS += %D%/test_logs
TESTS += %D%/test_logs
check_PROGRAMS += %D%/test_metrics
TESTS += %D%/test_metrics
check_PROGRAMS += %D%/test_remote
TESTS += %D%/test_remote
check_PROGRAMS += %D%/test_revoke
TESTS += %D%/test_revoke
check_PROGRAMS += %D%/test_server
TESTS += %D%/test_server
check_PROGRAMS += %D%/test_socket
TESTS += %D%/test_socket
endif
