# One program per library and one for a session as a whole. All are built by
# "make", so that they do not rot, and run by "make bench-micro".
MICRO = %D%/micro_base %D%/micro_proto %D%/micro_session %D%/micro_tls \
	%D%/micro_mailbox
noinst_PROGRAMS += $(MICRO)
%C%_micro_base_SOURCES = %D%/micro_base.c %D%/bench.h
%C%_micro_base_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_micro_base_LDADD = src/base/libbase.a
%C%_micro_proto_SOURCES = %D%/micro_proto.c %D%/bench.h
%C%_micro_proto_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_micro_proto_LDADD = src/proto/libproto.a src/base/libbase.a
%C%_micro_session_SOURCES = %D%/micro_session.c %D%/bench.h
%C%_micro_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_micro_session_LDADD = src/proto/libproto.a src/base/libbase.a
%C%_micro_tls_SOURCES = %D%/micro_tls.c %D%/bench.h tests/unit/tls/yard.c \
	tests/unit/tls/yard.h
%C%_micro_tls_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench -I$(top_srcdir) \
	$(WOLFSSL_CFLAGS)
%C%_micro_tls_LDADD = src/tls/libtls.a src/parse/libparse.a src/base/libbase.a \
	$(WOLFSSL_LIBS) $(IPSEC_MB_LIBS)
%C%_micro_mailbox_SOURCES = %D%/micro_mailbox.c %D%/bench.h
%C%_micro_mailbox_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_micro_mailbox_LDADD = src/relay/librelay.a src/io/libio.a \
	src/base/libbase.a $(CK_LIBS) -lpthread

dist_noinst_SCRIPTS += %D%/run
bench-micro: $(MICRO) bench/load/atlax-load
	@top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/%D%/run $(MICRO)
PHONY += bench-micro
