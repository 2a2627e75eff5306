/* check_main.h — what every unit test program needs besides its tests: main()
 * and a seed that is printed, so that a failure can be repeated.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_UNIT_CHECK_MAIN_H
#define ATLAX_TESTS_UNIT_CHECK_MAIN_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <inttypes.h>

#include "base/rng.h"

/* ATLAX_SEED from the environment, or a fresh one; printed either way.
 * Units: none.                                                               */
static inline uint64_t
test_seed(void)
{
	const char *given = getenv("ATLAX_SEED");
	uint64_t seed;

	if (given != NULL)
		seed = strtoull(given, NULL, 0);
	else
		rng_secret(&seed, sizeof(seed));
	printf("ATLAX_SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
	return seed;
}

/* main() that runs the named tests:
 *	CHECK_MAIN("str", str_marks_a_cut, str_escapes_control_characters)
 * CK_ENV: CK_RUN_CASE, CK_VERBOSITY and CK_FORK are the user's to set.       */
#define CHECK_MAIN(suite, ...) \
	int main(void) \
	{ \
		const TTest *tests[] = { __VA_ARGS__ }; \
		Suite *s = suite_create(suite); \
		TCase *tc = tcase_create(suite); \
		SRunner *sr = srunner_create(s); \
		int failed; \
\
		tcase_set_timeout(tc, 60); \
		for (size_t i = 0; i < ARRAY_LEN(tests); i++) \
			tcase_add_test(tc, tests[i]); \
		suite_add_tcase(s, tc); \
		srunner_run_all(sr, CK_ENV); \
		failed = srunner_ntests_failed(sr); \
		srunner_free(sr); \
		return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE; \
	}

#endif
