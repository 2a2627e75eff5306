# The real programs on the loopback interface; see README. One scenario a file,
# named by what it proves.
check_PROGRAMS += %D%/freeport %D%/killat
%C%_freeport_SOURCES = %D%/freeport.c
%C%_freeport_LDADD =
%C%_killat_SOURCES = %D%/killat.c
%C%_killat_LDADD =

INTEGRATION_TESTS = %D%/bench-smoke.test %D%/pki-chain.test \
	%D%/pki-concurrent.test %D%/pki-csr.test %D%/pki-kill.test \
	%D%/pki-list.test %D%/pki-refuse.test %D%/pki-time.test %D%/tools.test
TESTS += $(INTEGRATION_TESTS)
EXTRA_DIST += $(INTEGRATION_TESTS) %D%/README %D%/pki-lib.sh %D%/tools/lib.sh

include %D%/tools/local.mk
