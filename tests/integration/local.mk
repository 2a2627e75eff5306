# The real programs on the loopback interface; see README. One scenario a file,
# named by what it proves.
check_PROGRAMS += %D%/killat
%C%_killat_SOURCES = %D%/killat.c
%C%_killat_LDADD =
check_PROGRAMS += %D%/agedcert
%C%_agedcert_SOURCES = %D%/agedcert.c
%C%_agedcert_LDADD = src/pki/libpki.a src/tls/libtls.a src/parse/libparse.a \
	src/base/libbase.a $(WOLFSSL_LIBS) $(IPSEC_MB_LIBS) -lpthread
check_PROGRAMS += %D%/swappair
%C%_swappair_SOURCES = %D%/swappair.c
%C%_swappair_LDADD = src/pki/libpki.a src/tls/libtls.a src/parse/libparse.a \
	src/base/libbase.a $(WOLFSSL_LIBS) $(IPSEC_MB_LIBS) -lpthread

INTEGRATION_TESTS = \
	%D%/agent-away.test \
	%D%/agent-off.test \
	%D%/agent-distrusts.test \
	%D%/agent-first.test \
	%D%/attacked.test \
	%D%/bandwidth.test \
	%D%/audit.test \
	%D%/backup.test \
	%D%/bare-machines.test \
	%D%/bench-micro.test \
	%D%/bench-run.test \
	%D%/bench-smoke.test \
	%D%/bytes-pass.test \
	%D%/check-and-dump.test \
	%D%/crl-generations.test \
	%D%/dashboard-browser.test \
	%D%/dashboard.test \
	%D%/demo.test \
	%D%/descriptors.test \
	%D%/doctor.test \
	%D%/edge.test \
	%D%/expose.test \
	%D%/enrol.test \
	%D%/failing.test \
	%D%/frozen.test \
	%D%/graceful-stop.test \
	%D%/half-close.test \
	%D%/hostile.test \
	%D%/idle.test \
	%D%/ipv6.test \
	%D%/json.test \
	%D%/killed.test \
	%D%/lanes.test \
	%D%/late-renewal.test \
	%D%/leaks.test \
	%D%/limits.test \
	%D%/link-cut.test \
	%D%/live.test \
	%D%/log-injection.test \
	%D%/many-connections.test \
	%D%/memory.test \
	%D%/metrics.test \
	%D%/openapi.test \
	%D%/process-hidden.test \
	%D%/per-source.test \
	%D%/quota.test \
	%D%/program-browser.test \
	%D%/program-iperf3.test \
	%D%/program-psql.test \
	%D%/program-ssh.test \
	%D%/refused-certificates.test \
	%D%/relay-drain.test \
	%D%/relay-upgrade.test \
	%D%/reload.test \
	%D%/renewal-kill.test \
	%D%/renewal.test \
	%D%/renews-itself.test \
	%D%/resume-moves.test \
	%D%/resume-refused.test \
	%D%/resume.test \
	%D%/remote.test \
	%D%/revoke-many.test \
	%D%/revoke.test \
	%D%/rotate.test \
	%D%/service-down.test \
	%D%/service-manager.test \
	%D%/several-agents.test \
	%D%/several-relays.test \
	%D%/several-services.test \
	%D%/slow-dial.test \
	%D%/stalled-reader.test \
	%D%/status.test \
	%D%/two-tenants.test \
	%D%/unix-socket.test \
	%D%/upgrade-keeps.test \
	%D%/upgrade-meets.test \
	%D%/voucher.test
# Of the tarball .ci/run runs fewer.
RUN_INTEGRATION = $(INTEGRATION_TESTS)
TESTS += $(RUN_INTEGRATION)
# Without a relay.
ALONE_TESTS = \
	%D%/autogen.test \
	%D%/cert-ls.test \
	%D%/pair-kill.test \
	%D%/pki-chain.test \
	%D%/pki-concurrent.test \
	%D%/pki-csr.test \
	%D%/pki-kill.test \
	%D%/pki-list.test \
	%D%/pki-refuse.test \
	%D%/pki-time.test \
	%D%/processes.test \
	%D%/rotate-kill.test \
	%D%/tools.test
ONE_THREAD_TESTS += $(ALONE_TESTS)
EXTRA_DIST += $(INTEGRATION_TESTS) $(ALONE_TESTS) %D%/README %D%/browse.py %D%/holdskey.py \
	%D%/hostile.py \
	%D%/openapi.py \
	%D%/lib.sh

# The real programs for as long, while all goes wrong that may.
dist_noinst_SCRIPTS += %D%/soak
soak-programs: all $(check_PROGRAMS)
	SOAK_SECONDS=$(SOAK_SECONDS) top_srcdir='$(abs_top_srcdir)' \
		top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/%D%/soak
SOAKS += soak-programs

include %D%/tools/local.mk
