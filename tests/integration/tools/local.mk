# Small programs for the scripts of this directory; see README there. They use
# the sockets and the poller of the load program; claimant, what the agent has.
check_PROGRAMS += %D%/applicants %D%/badheir %D%/claimant %D%/holdthread %D%/tcpcat %D%/tcpchaos %D%/tcpsvc
%C%_holdthread_SOURCES = %D%/holdthread.c
%C%_holdthread_LDADD =
%C%_tcpcat_SOURCES = %D%/tcpcat.c
%C%_tcpcat_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_tcpcat_LDADD = bench/load/libload.a src/base/libbase.a
%C%_tcpchaos_SOURCES = %D%/tcpchaos.c
%C%_tcpchaos_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_tcpchaos_LDADD = bench/load/libload.a src/base/libbase.a
%C%_tcpsvc_SOURCES = %D%/tcpsvc.c
%C%_tcpsvc_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
%C%_tcpsvc_LDADD = bench/load/libload.a src/base/libbase.a -lpthread
%C%_badheir_SOURCES = %D%/badheir.c
%C%_badheir_LDADD = src/relay/librelay.a src/base/libbase.a
%C%_claimant_SOURCES = %D%/claimant.c
%C%_applicants_SOURCES = %D%/applicants.c

# A library to load before a program's own; automake without libtool knows none.
# Sanitizers want to be first themselves.
if !SANITIZE
check_DATA = %D%/failing.so
endif
EXTRA_DIST += %D%/failing.c
%D%/failing.so: %D%/failing.c
	$(AM_V_CCLD)$(MKDIR_P) %D% && $(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ \
		$(srcdir)/%D%/failing.c $(LDFLAGS)
CLEANFILES += %D%/failing.so
