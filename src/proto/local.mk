noinst_LIBRARIES += %D%/libproto.a
%C%_libproto_a_SOURCES = %D%/acks.c %D%/acks.h %D%/control.c %D%/control.h \
	%D%/control_hello.c %D%/control_hello.h %D%/credit.c %D%/credit.h \
	%D%/deframe.c %D%/deframe.h %D%/glitch.c %D%/glitch.h %D%/keepalive.c \
	%D%/keepalive.h %D%/parcel.c %D%/parcel.h %D%/rate.c %D%/rate.h \
	%D%/replay.c %D%/replay.h %D%/sendq.c %D%/sendq.h %D%/services.c \
	%D%/services.h %D%/session.c %D%/session.h %D%/session_affair.c \
	%D%/session_expose.c %D%/session_expose.h %D%/session_freeze.c \
	%D%/session_freeze.h %D%/session_hello.c %D%/session_impl.h \
	%D%/session_renew.c %D%/session_renew.h %D%/session_resume.c \
	%D%/session_resume.h %D%/session_rx.c %D%/session_trust.c \
	%D%/session_trust.h %D%/session_tx.c %D%/stream.c %D%/stream.h \
	%D%/streams.c %D%/streams.h %D%/wire.c %D%/wire.h
%C%_libproto_a_CFLAGS = $(AM_CFLAGS) $(ATLAX_STRICT_CFLAGS)
EXTRA_DIST += %D%/README
