noinst_LIBRARIES += %D%/libadmin.a
%C%_libadmin_a_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS) $(JANSSON_CFLAGS)
%C%_libadmin_a_SOURCES = \
	%D%/admin.h \
	%D%/audit.c \
	%D%/audit.h \
	%D%/body.c \
	%D%/body.h \
	%D%/dashboard.h \
	%D%/expect.c \
	%D%/expect.h \
	%D%/feed.c \
	%D%/feed.h \
	%D%/keys.c \
	%D%/keys.h \
	%D%/live.c \
	%D%/live.h \
	%D%/logs.c \
	%D%/logs.h \
	%D%/metrics.c \
	%D%/metrics.h \
	%D%/pages.c \
	%D%/pages.h \
	%D%/plan.c \
	%D%/plan.h \
	%D%/refusals.h \
	%D%/renewed.h \
	%D%/revocation.h \
	%D%/remote.c \
	%D%/remote.h \
	%D%/render.c \
	%D%/render.h \
	%D%/request.h \
	%D%/revoke.c \
	%D%/revoke.h \
	%D%/server.c \
	%D%/socket.c \
	%D%/socket.h \
	%D%/timings.h \
	%D%/visits.c \
	%D%/visits.h \
	%D%/voucher.c %D%/voucher.h \
	%D%/web.c \
	%D%/web.h \
	%D%/who.h
# The page is part of the program: no file can be missing, or another one.
nodist_%C%_libadmin_a_SOURCES = %D%/web_files.c
WEB_FILES = %D%/web/icon.svg %D%/web/index.html %D%/web/style.css %D%/web/app.js %D%/web/view.js
%D%/web_files.c: %D%/web/embed.sh $(WEB_FILES)
	$(AM_V_GEN)$(MKDIR_P) %D% && $(SHELL) $(srcdir)/%D%/web/embed.sh \
		$(srcdir)/%D%/web >$@.new && mv $@.new $@
CLEANFILES += %D%/web_files.c
EXTRA_DIST += %D%/README %D%/web/embed.sh $(WEB_FILES)
