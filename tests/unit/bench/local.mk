# What the figures of bench/ rest on: a wrong histogram measures nothing.
if HAVE_CHECK
check_PROGRAMS += %D%/test_hist
TESTS += %D%/test_hist
%C%_test_hist_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_test_hist_LDADD = bench/load/libload.a $(LDADD)
check_PROGRAMS += %D%/test_pattern
TESTS += %D%/test_pattern
%C%_test_pattern_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_test_pattern_LDADD = bench/load/libload.a $(LDADD)
check_PROGRAMS += %D%/test_samples
TESTS += %D%/test_samples
%C%_test_samples_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_test_samples_LDADD = bench/load/libload.a $(LDADD)
endif
