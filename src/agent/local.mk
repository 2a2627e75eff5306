noinst_LIBRARIES += %D%/libagent.a
%C%_libagent_a_SOURCES =
EXTRA_DIST += %D%/README
