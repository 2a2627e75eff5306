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
	%D%/load/serve.c
%C%_load_atlax_load_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_load_atlax_load_LDADD = %D%/load/libload.a src/base/libbase.a

include %D%/micro/local.mk

# Takes minutes; nothing may run beside it. BENCH_ONLY, BENCH_PEERS, ROUNDS,
# BENCH_SECONDS and BENCH_OUT are explained in README.
dist_noinst_SCRIPTS += %D%/run
EXTRA_DIST += %D%/machine.sh %D%/peers.sh %D%/README
bench: all
	@top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/%D%/run
.PHONY: bench
