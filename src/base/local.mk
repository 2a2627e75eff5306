noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = %D%/alloc.c %D%/alloc.h %D%/assert.c %D%/assert.h \
	%D%/base32.c %D%/base32.h %D%/bucket.c %D%/bucket.h \
	%D%/buf.c %D%/buf.h %D%/clock.c %D%/clock.h %D%/cursor.c %D%/cursor.h \
	%D%/defs.h %D%/err.c %D%/err.def %D%/err.h %D%/frost.c %D%/frost.h \
	%D%/histogram.h %D%/idmap.c %D%/idmap.h \
	%D%/json_out.c %D%/json_out.h %D%/list.h %D%/pool.c %D%/pool.h \
	%D%/rng.c %D%/rng.h %D%/scan.c %D%/scan.h \
	%D%/siphash.c %D%/siphash.h %D%/slice.h \
	%D%/str.c %D%/str.h %D%/str_heap.c %D%/str_heap.h \
	%D%/validity.h %D%/wheel.c %D%/wheel.h
%C%_libbase_a_CFLAGS = $(AM_CFLAGS) $(ATLAX_STRICT_CFLAGS)
EXTRA_DIST += %D%/README
