noinst_LIBRARIES += %D%/librelay.a
%C%_librelay_a_SOURCES = \
	%D%/admit.c \
	%D%/admit.h \
	%D%/carried.c \
	%D%/carried.h \
	%D%/control.c \
	%D%/control.h \
	%D%/denied.c \
	%D%/denied.h \
	%D%/enrolment.c \
	%D%/enrolment.h \
	%D%/footprint.c \
	%D%/footprint.h \
	%D%/handover.c \
	%D%/handover.h \
	%D%/heir.c \
	%D%/heir.h \
	%D%/ingress.c \
	%D%/ingress.h \
	%D%/kick.c \
	%D%/kick.h \
	%D%/mailbox.c \
	%D%/mailbox.h \
	%D%/msg.h \
	%D%/rcu.h \
	%D%/relay.c \
	%D%/relay.h \
	%D%/reload.c \
	%D%/reload.h \
	%D%/sources.c \
	%D%/sources.h \
	%D%/revoke.c \
	%D%/revoke.h \
	%D%/renewals.c \
	%D%/renewals.h \
	%D%/snapshot.c \
	%D%/snapshot.h \
	%D%/status.c \
	%D%/status.h \
	%D%/takeovers.c \
	%D%/takeovers.h \
	%D%/tenants.c \
	%D%/tenants.h \
	%D%/tunnel.c \
	%D%/tunnel.h \
	%D%/watched.c \
	%D%/watched.h \
	%D%/upgrade.c \
	%D%/upgrade.h \
	%D%/worker.c \
	%D%/worker.h
%C%_librelay_a_CPPFLAGS = $(AM_CPPFLAGS) $(URCU_CFLAGS) $(CK_CFLAGS)
EXTRA_DIST += %D%/README
