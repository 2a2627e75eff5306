# Checkers of the sources and of the objects; see tests/README.
LINT_TESTS = %D%/layers.test %D%/sizes.test %D%/purity.test %D%/banned.test \
	%D%/globals.test %D%/headers.test %D%/tags.test %D%/dist.test \
	%D%/makevars.test %D%/agent.test %D%/man.test %D%/format.test %D%/shell.test \
	%D%/signals.test %D%/units.test %D%/openapi.test %D%/selftest.test
ONCE_TESTS += $(LINT_TESTS)
EXTRA_DIST += $(LINT_TESTS) %D%/lib.sh %D%/strip.awk %D%/sizes.allow \
	%D%/banned.allow %D%/globals.allow %D%/dist.allow

# What headers of libraries need to be found.
LINT_CFLAGS = $(WOLFSSL_CFLAGS) $(URCU_CFLAGS) $(CK_CFLAGS) $(YAML_CFLAGS) \
	$(JANSSON_CFLAGS) $(MHD_CFLAGS) $(CURL_CFLAGS) $(CARES_CFLAGS)

# The files of the tarball, one a line, for dist.test.
lint-distfiles:
	@for f in $(DISTFILES); do echo "$${f#$(srcdir)/}"; done
PHONY += lint-distfiles

# Only the checkers.
lint:
	$(MAKE) check TESTS='$(LINT_TESTS)'
PHONY += lint
