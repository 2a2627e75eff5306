# One program per library: micro_LIBRARY. All are built by "make", so that they
# do not rot, and run by "make bench-micro".
MICRO = %D%/micro_base
noinst_PROGRAMS += %D%/micro_base
%C%_micro_base_SOURCES = %D%/micro_base.c %D%/bench.h
%C%_micro_base_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_micro_base_LDADD = src/base/libbase.a

bench-micro: $(MICRO)
	@for m in $(MICRO); do ./$$m || exit 1; done
.PHONY: bench-micro
