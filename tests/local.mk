# Every kind of test has a directory; unit tests mirror src/. Programs go
# through tests/run, scripts (*.test) speak TAP themselves: so every case is
# counted, not every file.
TEST_EXTENSIONS = .test
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/run
TEST_LOG_DRIVER = $(TAP_DRIVER)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	ATLAX_CI=$${ATLAX_CI:-'$(ATLAX_CI_TESTS)'}; export ATLAX_CI; \
	CC='$(CC)'; export CC; NM='$(NM)'; export NM; \
	LINT_CFLAGS='$(LINT_CFLAGS)'; export LINT_CFLAGS; \
	MAKE='$(MAKE)'; export MAKE; \
	$(SANITIZER_ENVIRONMENT)
# What a Check test forks away the sanitizers cannot report.
if SANITIZE
SANITIZER_ENVIRONMENT = CK_FORK=no; export CK_FORK; \
	TSAN_OPTIONS="suppressions=$(abs_top_srcdir)/tests/tsan.supp $$TSAN_OPTIONS"; \
	export TSAN_OPTIONS;
else
SANITIZER_ENVIRONMENT =
endif
EXTRA_DIST += %D%/README %D%/run %D%/tap.sh %D%/tsan.supp %D%/unit/check_main.h
LDADD = $(ALL_LIBS) $(CHECK_LIBS) $(ALL_EXTERNAL)

# Judge the sources' text and models of it, for which once is enough: a sanitizer
# finds nothing more in them, nor does the tarball after its tree (.ci/run empties
# it for that).
ONCE_TESTS =
if !SANITIZE
TESTS += $(ONCE_TESTS)
endif

# Of one thread: the thread sanitizer would take long to find nothing.
ONE_THREAD_TESTS =
if !SANITIZE_THREAD
TESTS += $(ONE_THREAD_TESTS)
endif

SOAKS =
SOAK_SECONDS = 60

include %D%/unit/base/local.mk
include %D%/unit/proto/local.mk
include %D%/unit/parse/local.mk
include %D%/unit/io/local.mk
include %D%/unit/tls/local.mk
include %D%/unit/link/local.mk
include %D%/unit/log/local.mk
include %D%/unit/conf/local.mk
include %D%/unit/agent/local.mk
include %D%/vectors/local.mk
include %D%/models/local.mk
include %D%/sim/local.mk
include %D%/fuzz/local.mk
include %D%/fault/local.mk
include %D%/attack/local.mk
if !AGENT_ONLY
include %D%/unit/pki/local.mk
include %D%/unit/audit/local.mk
include %D%/unit/enrol/local.mk
include %D%/unit/admin/local.mk
include %D%/unit/relay/local.mk
include %D%/world/local.mk
include %D%/unit/cmd/local.mk
include %D%/unit/bench/local.mk
include %D%/integration/local.mk
include %D%/lint/local.mk
endif

# Builds every test program without running it.
check-compile: $(check_PROGRAMS) $(check_DATA)
PHONY += check-compile

# All kinds of them, for SOAK_SECONDS each.
soak: $(SOAKS)
PHONY += soak $(SOAKS)
