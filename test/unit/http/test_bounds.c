/* As many connections as descriptors allow, and no start without any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fatal.h"
#include "http/bounds.h"

/* In a child with these limits: its exit status. What it may have open in the
 * end is for so many connections, and 64. */
static int
apply(rlim_t soft, rlim_t hard, unsigned wanted, unsigned expected)
{
	struct rlimit r = { .rlim_cur = soft, .rlim_max = hard };
	struct http_limits l;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		limits_default(&l, wanted);
		if (setrlimit(RLIMIT_NOFILE, &r) != 0)
			_exit(100);
		limits_apply(&l);
		if (getrlimit(RLIMIT_NOFILE, &r) != 0 ||
		    r.rlim_cur < expected + 64)
			_exit(102);
		_exit(l.connections == expected ? 0 : 101);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
descriptors(void **state)
{
	(void)state;
	assert_int_equal(apply(1000, 1000, 500, 500), 0);
	assert_int_equal(apply(100, 1000, 500, 500), 0); /* it asks for more */
	assert_int_equal(apply(100, 263, 200, 199), 0);
	assert_int_equal(apply(264, 264, 200, 200), 0);
	assert_int_equal(apply(263, 263, 200, 199), 0);
	assert_int_equal(apply(65, 65, 4096, 1), 0);
	assert_int_equal(apply(64, 64, 4096, 0), FATAL_STATUS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(descriptors) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
