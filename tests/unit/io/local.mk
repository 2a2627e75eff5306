# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
check_PROGRAMS += %D%/test_addr
TESTS += %D%/test_addr
check_PROGRAMS += %D%/test_loop_epoll
TESTS += %D%/test_loop_epoll
check_PROGRAMS += %D%/test_machine
TESTS += %D%/test_machine
check_PROGRAMS += %D%/test_netchange
TESTS += %D%/test_netchange
check_PROGRAMS += %D%/test_notify
TESTS += %D%/test_notify
check_PROGRAMS += %D%/test_sandbox
TESTS += %D%/test_sandbox
check_PROGRAMS += %D%/test_process
TESTS += %D%/test_process
check_PROGRAMS += %D%/test_resolve
TESTS += %D%/test_resolve
check_PROGRAMS += %D%/test_signal
TESTS += %D%/test_signal
check_PROGRAMS += %D%/test_share
TESTS += %D%/test_share
check_PROGRAMS += %D%/test_sock
TESTS += %D%/test_sock
check_PROGRAMS += %D%/test_wake
TESTS += %D%/test_wake
endif
