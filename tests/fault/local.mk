# What happens when the n-th allocation fails.
check_PROGRAMS += %D%/nth_alloc
ONE_THREAD_TESTS += %D%/nth_alloc
%C%_nth_alloc_LDADD = tests/sim/libsim.a $(LDADD)
EXTRA_DIST += %D%/README
