/* Which certificate a service comes back to. The module is compiled in here: which of
 * its fronts are down in that moment is not for a test of processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>

#include "ipc/children_run.c"

static struct children c;

static int
pair(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static bool
next_pair(void *context, struct children_plan *plan)
{
	plan->tls = *(int *)context;
	return true;
}

/* One front that has died and is not back, and was ready last after that reload. */
static void
front_down(uint64_t ready)
{
	memset(&c, 0, sizeof(c));
	c.len = 1;
	c.list[0].role = ROLE_FRONT;
	c.list[0].state = CHILD_DOWN;
	c.list[0].plan = ready;
	c.reloads = 1;
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* What it had used it can use again. */
static void
used_by_one_that_died(void **state)
{
	int first = pair(), second = pair(), third = pair();

	(void)state;
	front_down(1);
	c.tls_before = first;
	c.plan.tls = second;
	reload_all(&c, next_pair, &third);
	assert_int_equal(c.plan.tls, third);
	assert_int_equal(c.tls_before, second);
	assert_true(is_open(second) && is_open(third) && !is_open(first));
	close(second);
	close(third);
}

static void
used_by_none(void **state)
{
	int first = pair(), second = pair(), third = pair();

	(void)state;
	front_down(0);
	c.tls_before = first;
	c.plan.tls = second;
	reload_all(&c, next_pair, &third);
	assert_int_equal(c.plan.tls, third);
	assert_int_equal(c.tls_before, first);
	assert_true(is_open(first) && is_open(third) && !is_open(second));
	close(first);
	close(third);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(used_by_one_that_died),
		cmocka_unit_test(used_by_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
