# The simulator; its world is a library, because the fault sweep and the fuzzer
# of two peers live in the same one.
check_LIBRARIES = %D%/libsim.a
%C%_libsim_a_SOURCES = %D%/endpoint.c %D%/endpoint.h %D%/endpoint_event.c \
	%D%/memory.c %D%/memory.h %D%/model.c %D%/model.h %D%/pipe.c %D%/pipe.h \
	%D%/reconnect.c %D%/reconnect.h \
	%D%/report.c %D%/report.h %D%/scenario.c %D%/scenario.h \
	%D%/scenario_judge.c %D%/scenario_random.c %D%/sim.c %D%/sim.h
check_PROGRAMS += %D%/sim
ONE_THREAD_TESTS += %D%/sim
%C%_sim_SOURCES = %D%/main.c
%C%_sim_LDADD = %D%/libsim.a $(LDADD)
EXTRA_DIST += %D%/README

# As many seeds as fit, from one that is new each time (and printed).
soak-sim: %D%/sim
	$(builddir)/%D%/sim --seed "$${ATLAX_SEED:-$$(date +%s)}" \
		--seconds $(SOAK_SECONDS) >soak.log || \
		{ tail -n 20 soak.log; exit 1; }
	@tail -n 1 soak.log
SOAKS += soak-sim
CLEANFILES += soak.log
