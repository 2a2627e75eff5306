# Every kind of test has a directory; unit tests mirror src/.
TEST_EXTENSIONS = .test
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	ATLAX_CI='$(ATLAX_CI_TESTS)'; export ATLAX_CI; \
	$(SANITIZER_ENVIRONMENT)
# What a Check test forks away the sanitizers cannot report.
if SANITIZE
SANITIZER_ENVIRONMENT = CK_FORK=no; export CK_FORK;
else
SANITIZER_ENVIRONMENT =
endif
EXTRA_DIST += %D%/unit/check_main.h
LDADD = $(ALL_LIBS) $(CHECK_LIBS) $(ALL_EXTERNAL)

include %D%/unit/base/local.mk
include %D%/unit/proto/local.mk
include %D%/unit/parse/local.mk
include %D%/unit/io/local.mk
include %D%/unit/tls/local.mk
include %D%/unit/link/local.mk
include %D%/unit/log/local.mk
include %D%/unit/conf/local.mk
include %D%/unit/pki/local.mk
include %D%/unit/relay/local.mk
include %D%/unit/agent/local.mk
include %D%/vectors/local.mk
include %D%/sim/local.mk
include %D%/fuzz/local.mk
include %D%/fault/local.mk
include %D%/attack/local.mk
include %D%/integration/local.mk
include %D%/lint/local.mk

check-compile: $(check_PROGRAMS)
.PHONY: check-compile
