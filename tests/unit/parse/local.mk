# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
check_PROGRAMS += %D%/test_cert_walk
TESTS += %D%/test_cert_walk
%C%_test_cert_walk_SOURCES = %D%/test_cert_walk.c %D%/odd.c %D%/odd.h
check_PROGRAMS += %D%/test_crl
TESTS += %D%/test_crl
check_PROGRAMS += %D%/test_der
TESTS += %D%/test_der
check_PROGRAMS += %D%/test_der_out
TESTS += %D%/test_der_out
check_PROGRAMS += %D%/test_hello_gate
TESTS += %D%/test_hello_gate
check_PROGRAMS += %D%/test_host
TESTS += %D%/test_host
check_PROGRAMS += %D%/test_identity
TESTS += %D%/test_identity
%C%_test_identity_SOURCES = %D%/test_identity.c %D%/odd.c %D%/odd.h
check_PROGRAMS += %D%/test_record_guard
TESTS += %D%/test_record_guard
endif
