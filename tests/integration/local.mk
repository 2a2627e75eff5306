# Tests of this kind; see README in tests/. lib.sh is what tests of whole
# programs begin with.
check_PROGRAMS += %D%/freeport %D%/killat
%C%_freeport_SOURCES = %D%/freeport.c
%C%_freeport_LDADD =
%C%_killat_SOURCES = %D%/killat.c
%C%_killat_LDADD =

INTEGRATION_TESTS = %D%/bench-smoke.test %D%/pki-chain.test \
	%D%/pki-concurrent.test %D%/pki-csr.test %D%/pki-kill.test \
	%D%/pki-list.test %D%/pki-refuse.test %D%/pki-time.test
TESTS += $(INTEGRATION_TESTS)
EXTRA_DIST += $(INTEGRATION_TESTS) %D%/lib.sh
