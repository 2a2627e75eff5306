# One Check program per source file; the name of the program is the whole rule.
# yard makes certificates, contexts and connections for all of them.
if HAVE_CHECK
TLS_YARD = %D%/yard.c %D%/yard.h
TLS_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)

check_PROGRAMS += %D%/test_accel
TESTS += %D%/test_accel
%C%_test_accel_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
check_PROGRAMS += %D%/test_conn
TESTS += %D%/test_conn
%C%_test_conn_SOURCES = %D%/test_conn.c $(TLS_YARD)
%C%_test_conn_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
check_PROGRAMS += %D%/test_conn_memory
TESTS += %D%/test_conn_memory
%C%_test_conn_memory_SOURCES = %D%/test_conn_memory.c $(TLS_YARD)
%C%_test_conn_memory_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
check_PROGRAMS += %D%/test_ctx
TESTS += %D%/test_ctx
%C%_test_ctx_SOURCES = %D%/test_ctx.c $(TLS_YARD)
%C%_test_ctx_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
check_PROGRAMS += %D%/test_pinned
TESTS += %D%/test_pinned
%C%_test_pinned_SOURCES = %D%/test_pinned.c $(TLS_YARD)
%C%_test_pinned_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
check_PROGRAMS += %D%/test_record
TESTS += %D%/test_record
%C%_test_record_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
check_PROGRAMS += %D%/test_resume
TESTS += %D%/test_resume
%C%_test_resume_SOURCES = %D%/test_resume.c $(TLS_YARD)
%C%_test_resume_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
check_PROGRAMS += %D%/test_selftest
TESTS += %D%/test_selftest
%C%_test_selftest_SOURCES = %D%/test_selftest.c $(TLS_YARD)
%C%_test_selftest_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
check_PROGRAMS += %D%/test_verdict
TESTS += %D%/test_verdict
%C%_test_verdict_SOURCES = %D%/test_verdict.c $(TLS_YARD) \
	tests/unit/parse/odd.c tests/unit/parse/odd.h
%C%_test_verdict_CPPFLAGS = $(TLS_TEST_CPPFLAGS)
endif
