/* The end of a process is said and seen; memory that cannot fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/fatal.h"
#include "base/random.h"
#include "capture.h"

/* Who asks for too much gets NULL under the address sanitizer, too. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
end(void)
{
	fatal("invariant %d", 7);
}

static void
end_with_quotes(void)
{
	fatal("near %s: syntax error", "\"x\" key=\"F1-1\"");
}

static void
end_with_words_of_the_system(void)
{
	errno = ENOSPC;
	fatal_errno("writing");
}

static void
ask_for_too_much(void)
{
	/* volatile: the compiler knows that this cannot be had */
	volatile size_t count = SIZE_MAX / 2, size = 3;

	free(memory_array(count, size));
}

static void
expect(void (*run)(void), const char *words)
{
	char said[2000];
	int status = capture(run, said, sizeof(said));

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FATAL_STATUS);
	assert_non_null(strstr(said, " alarm fatal "));
	assert_non_null(strstr(said, words));
}

static void
fatal_ends_and_says_why(void **state)
{
	(void)state;
	expect(end, "text=\"invariant 7\"");
	expect(end_with_words_of_the_system,
	    "text=\"writing: No space left on device\"");
	expect(end_with_quotes, "text=\"near 'x' key='F1-1': syntax error\"");
}

static void
no_memory_ends(void **state)
{
	(void)state;
	expect(ask_for_too_much, "out of memory");
}

static void
memory_is_zeroed_or_copied(void **state)
{
	uint8_t *p = memory_array(16, 4);
	char *text = memory_text("serial");
	unsigned i;

	(void)state;
	for (i = 0; i < 64; i++)
		assert_int_equal(p[i], 0);
	assert_string_equal(text, "serial");
	free(p);
	free(text);
	p = memory_new(0);
	assert_non_null(p);
	free(p);
}

static void
random_bytes_fill_exactly(void **state)
{
	uint8_t a[1026], b[1026];

	(void)state;
	memset(a, 0xaa, sizeof(a));
	memset(b, 0xaa, sizeof(b));
	random_bytes(a + 1, 1024);
	random_bytes(b + 1, 1024);
	assert_memory_not_equal(a + 1, b + 1, 1024);
	assert_memory_not_equal(a + 1, a + 513, 512);
	assert_int_equal(a[0], 0xaa);
	assert_int_equal(a[1025], 0xaa);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fatal_ends_and_says_why),
		cmocka_unit_test(no_memory_ends),
		cmocka_unit_test(memory_is_zeroed_or_copied),
		cmocka_unit_test(random_bytes_fill_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
