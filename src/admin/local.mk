noinst_LIBRARIES += %D%/libadmin.a
%C%_libadmin_a_SOURCES =
EXTRA_DIST += %D%/README
