noinst_LIBRARIES += %D%/libagent.a
%C%_libagent_a_SOURCES = %D%/agent.c %D%/agent.h %D%/anchors.h %D%/backoff.c %D%/backoff.h \
	%D%/connect.c %D%/connect.h %D%/dialer.c %D%/dialer.h \
	%D%/exposer.h %D%/knock.h %D%/lanes.c %D%/lanes.h %D%/renewer.h \
	%D%/service_map.c %D%/service_map.h %D%/uplink.c %D%/uplink.h
if AGENT_ONLY
%C%_libagent_a_SOURCES += %D%/anchors_none.c %D%/exposer_none.c %D%/renewer_none.c
else
%C%_libagent_a_SOURCES += %D%/anchors.c %D%/exposer.c %D%/knock.c %D%/renewer.c
endif
EXTRA_DIST += %D%/README %D%/anchors_none.c %D%/exposer_none.c %D%/renewer_none.c
