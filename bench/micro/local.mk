# One program per library: micro_LIBRARY. All are built by "make", so that they
# do not rot, and run by "make bench-micro".
MICRO = %D%/micro_base %D%/micro_tls
noinst_PROGRAMS += %D%/micro_base
%C%_micro_base_SOURCES = %D%/micro_base.c %D%/bench.h
%C%_micro_base_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_micro_base_LDADD = src/base/libbase.a
noinst_PROGRAMS += %D%/micro_tls
%C%_micro_tls_SOURCES = %D%/micro_tls.c %D%/bench.h tests/unit/tls/yard.c \
	tests/unit/tls/yard.h
%C%_micro_tls_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench -I$(top_srcdir) \
	$(WOLFSSL_CFLAGS)
%C%_micro_tls_LDADD = src/tls/libtls.a src/parse/libparse.a src/base/libbase.a \
	$(WOLFSSL_LIBS) $(IPSEC_MB_LIBS)

bench-micro: $(MICRO)
	@for m in $(MICRO); do ./$$m || exit 1; done
.PHONY: bench-micro
