noinst_LIBRARIES += %D%/libio.a
%C%_libio_a_CPPFLAGS = $(AM_CPPFLAGS) $(CARES_CFLAGS)
%C%_libio_a_SOURCES = %D%/addr.c %D%/addr.h %D%/loop.h %D%/loop_epoll.c \
	%D%/machine.c %D%/machine.h %D%/netchange.c %D%/netchange.h \
	%D%/notify.c %D%/notify.h \
	%D%/process.c %D%/process.h %D%/resolve.c %D%/resolve.h %D%/signal.c %D%/signal.h \
	%D%/share.c %D%/share.h \
	%D%/sock.c %D%/sock.h %D%/wake.c %D%/wake.h
%C%_libio_a_SOURCES += %D%/sandbox.h
if SANDBOX
%C%_libio_a_SOURCES += %D%/sandbox.c
else
EXTRA_DIST += %D%/sandbox.c
endif
EXTRA_DIST += %D%/README
