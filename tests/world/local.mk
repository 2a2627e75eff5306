# The whole system in one process and in virtual time: what it stands on is replaced
# when it is linked, so that not a byte of src/ knows of it.
check_PROGRAMS += %D%/world
ONE_THREAD_TESTS += %D%/world
%C%_world_SOURCES = %D%/agent_side.c %D%/agent_side.h %D%/calls.c %D%/calls.h %D%/elsewhere.c \
	%D%/faults.c %D%/faults.h %D%/flows.c %D%/flows.h %D%/judge.c %D%/judge.h \
	%D%/kernel.c %D%/kernel.h %D%/kernel_impl.h %D%/loop.c %D%/loop.h \
	%D%/main.c %D%/memory.c %D%/memory.h %D%/net.c %D%/plan.c %D%/plan.h \
	%D%/relay_side.c %D%/relay_side.h %D%/roads.h %D%/sink.h %D%/sock.c \
	%D%/system.c %D%/talker.c %D%/talker.h %D%/tls.c %D%/tls_lists.h %D%/world.h
%C%_world_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) $(URCU_CFLAGS) $(CK_CFLAGS)
%C%_world_LDADD = tests/sim/libsim.a $(LDADD)
%C%_world_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=recv,--wrap=send,--wrap=sendmsg,--wrap=readv,--wrap=shutdown \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=strdup \
	-Wl,--wrap=aligned_alloc,--wrap=clock_mono_ns,--wrap=clock_wall_ms \
	-Wl,--wrap=rng_secret,--wrap=renewer_settle
EXTRA_DIST += %D%/README

# make sim SEEDS=100000 [SEED=1]: so many runs, from that one on.
SEED = 1
SEEDS = 100000
sim: %D%/world
	$(builddir)/%D%/world --seed $(SEED) --seeds $(SEEDS) >sim.log || \
		{ tail -n 20 sim.log; exit 1; }
	@tail -n 1 sim.log
PHONY += sim
CLEANFILES += sim.log

# New seeds for SOAK_SECONDS; after a failure the end of world.log says which it was.
soak-world: %D%/world
	$(builddir)/%D%/world --seed "$${ATLAX_SEED:-$$(date +%s)}" \
		--seconds $(SOAK_SECONDS) >world.log || \
		{ tail -n 20 world.log; exit 1; }
	@tail -n 1 world.log
SOAKS += soak-world
CLEANFILES += world.log
