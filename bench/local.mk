# What can be tested alone is a library; atlax-load is its modes and main.
noinst_LIBRARIES += %D%/load/libload.a
%C%_load_libload_a_SOURCES = %D%/load/args.c %D%/load/args.h \
	%D%/load/hist.c %D%/load/hist.h %D%/load/meter.c %D%/load/meter.h \
	%D%/load/net.c %D%/load/net.h %D%/load/pattern.c %D%/load/pattern.h \
	%D%/load/poller.c %D%/load/poller.h %D%/load/proc.c %D%/load/proc.h \
	%D%/load/request.c %D%/load/request.h \
	%D%/load/result.c %D%/load/result.h \
	%D%/load/samples.c %D%/load/samples.h \
	%D%/load/stats.c %D%/load/stats.h
%C%_load_libload_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench

noinst_PROGRAMS += %D%/load/atlax-load
%C%_load_atlax_load_SOURCES = %D%/load/answers.c %D%/load/asks.c \
	%D%/load/asks.h %D%/load/flows.c %D%/load/flows.h %D%/load/hold.c \
	%D%/load/main.c %D%/load/modes.c %D%/load/report.c %D%/load/run.h \
	%D%/load/serve.c %D%/load/share.c
%C%_load_atlax_load_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_load_atlax_load_LDADD = %D%/load/libload.a src/base/libbase.a

# Many agents, from the libraries of the agent.
noinst_PROGRAMS += %D%/crowd/atlax-crowd
%C%_crowd_atlax_crowd_SOURCES = %D%/crowd/certs.c %D%/crowd/certs.h \
	%D%/crowd/crowd.c %D%/crowd/crowd.h %D%/crowd/main.c
%C%_crowd_atlax_crowd_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench \
	$(WOLFSSL_CFLAGS)
%C%_crowd_atlax_crowd_LDADD = %D%/load/libload.a src/agent/libagent.a \
	src/pki/libpki.a src/link/liblink.a src/tls/libtls.a src/io/libio.a \
	src/parse/libparse.a src/proto/libproto.a src/base/libbase.a \
	$(CARES_LIBS) $(WOLFSSL_LIBS) $(IPSEC_MB_LIBS)

include %D%/micro/local.mk

# Takes minutes; nothing may run beside it. BENCH_ONLY, BENCH_PEERS, ROUNDS,
# BENCH_SECONDS, BENCH_OUT and WOLFSSL are explained in README.
dist_noinst_SCRIPTS += %D%/run
EXTRA_DIST += %D%/machine.sh %D%/peers.sh %D%/plot.awk %D%/README
WOLFSSL =
bench: all $(WOLFSSL:hardened=bench-hardened)
	@top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/%D%/run
# atlax a second time, with the wolfSSL of contrib/wolfssl-hardened.sh.
bench-hardened:
	@mkdir -p hardened/build
	@test -e hardened/wolfssl/lib/libwolfssl.a || CC='$(CC)' $(SHELL) \
		$(top_srcdir)/contrib/wolfssl-hardened.sh hardened/wolfssl
	@cd hardened/build && { test -e Makefile || \
		$(SHELL) '$(abs_top_srcdir)/configure' -q CC='$(CC)' CFLAGS='$(CFLAGS)' \
			--with-wolfssl='$(abs_top_builddir)/hardened/wolfssl'; }
	@cd hardened/build && $(MAKE) -s src/cmd/atlax src/cmd/atlax-relay \
		src/cmd/atlax-agent
# How cost grows with connections, agents and tenants: atlax alone.
bench-scaling: all $(WOLFSSL:hardened=bench-hardened)
	@BENCH_KIND=scaling BENCH_PEERS=atlax ROUNDS="$${ROUNDS:-1}" BENCH_ONLY="$${BENCH_ONLY:-$$( \
		for load in idle agents tenants; do \
			for n in 1 10 100 1000 10000; do echo $$load-$$n; done; \
		done)}" top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/%D%/run
# A picture of the file of results that BENCH_OUT names, or of the newest.
bench-plot:
	@in=$${BENCH_OUT:-$$(ls -t bench/results/*.json 2>/dev/null | sed 1q)}; \
	test -f "$$in" || { echo "there are no results: make bench" >&2; exit 1; }; \
	$(AWK) -f $(srcdir)/%D%/plot.awk "$$in" >"$${in%.json}.svg" && \
		echo "written: $${in%.json}.svg"
PHONY += bench bench-hardened bench-scaling bench-plot
