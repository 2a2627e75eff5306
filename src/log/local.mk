noinst_LIBRARIES += %D%/liblog.a
%C%_liblog_a_SOURCES =
EXTRA_DIST += %D%/README
