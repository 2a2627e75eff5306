noinst_LIBRARIES += %D%/libadmin.a
%C%_libadmin_a_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS) $(JANSSON_CFLAGS)
%C%_libadmin_a_SOURCES = %D%/admin.h %D%/live.c %D%/live.h \
	%D%/metrics.c %D%/metrics.h %D%/plan.c %D%/plan.h \
	%D%/render.c %D%/render.h %D%/request.h %D%/server.c \
	%D%/socket.c %D%/socket.h
EXTRA_DIST += %D%/README
