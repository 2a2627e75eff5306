noinst_LIBRARIES += %D%/libconf.a
%C%_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
%C%_libconf_a_SOURCES = %D%/change.h %D%/check.c %D%/conf.h \
	%D%/diff.c %D%/dump.c %D%/endpoint.c \
	%D%/endpoint.h %D%/follow.c %D%/grant.c %D%/grant.h \
	%D%/help.c %D%/load.c %D%/manual.c %D%/parse.c %D%/parse.h %D%/range.c \
	%D%/range.h \
	%D%/schema.c %D%/schema.def %D%/schema.h %D%/schema_agent.c \
	%D%/schema_relay.c %D%/schema_remote.c %D%/schema_rows.h %D%/suggest.c %D%/suggest.h \
	%D%/tree.c %D%/tree.h %D%/value.c
EXTRA_DIST += %D%/README
