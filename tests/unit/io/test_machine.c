/* Tests of io/machine.c. */
#include "io/machine.h"

#include <unistd.h>

#include "../check_main.h"

START_TEST(machine_has_memory_but_no_more_than_it_has)
{
	uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) *
	    (uint64_t)sysconf(_SC_PAGESIZE);

	ck_assert_uint_gt(machine_memory(), 1 << 20);
	ck_assert_uint_le(machine_memory(), all);
}
END_TEST

CHECK_MAIN("machine", machine_has_memory_but_no_more_than_it_has)
