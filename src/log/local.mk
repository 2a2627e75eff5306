noinst_LIBRARIES += %D%/liblog.a
%C%_liblog_a_SOURCES = %D%/format.c %D%/format.h %D%/log.c %D%/log.h \
	%D%/logger.c %D%/ring.c %D%/ring.h %D%/sink.h %D%/sinks.c \
	%D%/tail.c %D%/tail.h \
	%D%/validity.c %D%/validity.h
EXTRA_DIST += %D%/README
