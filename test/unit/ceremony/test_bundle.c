/* What lies in a bundle and is no evidence: the rest of a write that was cut off is a
 * file, so nothing else is passed over by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "../folder.h"
#include "ceremony/bundle.h"

static struct why why;

static enum reason
manifest_is(const char *names)
{
	struct buf out;
	char found[200] = "";
	size_t at;
	enum reason r;

	buf_init(&out, MANIFEST_MAX);
	r = bundle_manifest(folder, &out, &why);
	for (at = 66; r == REASON_OK && at < out.len; at += 67) {
		const char *name = (const char *)out.ptr + at;
		size_t len = strcspn(name, "\n");

		strncat(found, name, len);
		strcat(found, " ");
		at += len;
	}
	buf_free(&out);
	if (r == REASON_OK)
		assert_string_equal(found, names);
	return r;
}

static void
a_file_that_was_not_finished_is_passed_over(void **state)
{
	(void)state;
	put("plan.ini", "a plan");
	put("notes.txt.new", "half");
	assert_int_equal(manifest_is("plan.ini "), REASON_OK);
	unlink(inside("notes.txt.new"));
	unlink(inside("plan.ini"));
}

static void
nothing_else_of_such_a_name_is(void **state)
{
	(void)state;
	assert_int_equal(mkdir(inside("a.new"), 0700), 0);
	put("a.new/evidence", "hidden");
	assert_int_equal(manifest_is("a.new/evidence "), REASON_OK);
	assert_int_equal(mkfifo(inside("b.new"), 0600), 0);
	assert_int_equal(manifest_is(""), REASON_EVIDENCE_DIFFERS);
	assert_string_equal(why.text, "b.new: no file of a ceremony");
	unlink(inside("b.new"));
	unlink(inside("a.new/evidence"));
	rmdir(inside("a.new"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_was_not_finished_is_passed_over),
		cmocka_unit_test(nothing_else_of_such_a_name_is),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
