/* Whole files: read with a cap, replaced at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/file.h"
#include "folder.h"

static struct why why;

static void
reads_what_was_written(void **state)
{
	struct buf b;
	struct stat st;
	uint8_t bytes[20000];

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	bytes[0] = 0;
	umask(077); /* the mode is meant as it is given */
	put("a.new", "what a crash left behind");
	assert_int_equal(
	    file_write(inside("a"), span_str("old"), 0600, &why), REASON_OK);
	assert_int_equal(
	    file_write(inside("a"), span_of(bytes, sizeof(bytes)), 0640, &why),
	    REASON_OK);
	assert_int_equal(
	    file_read(inside("a"), &b, sizeof(bytes), &why), REASON_OK);
	assert_int_equal(b.len, sizeof(bytes));
	assert_memory_equal(b.ptr, bytes, sizeof(bytes));
	buf_free(&b);
	assert_int_equal(stat(inside("a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_not_equal(access(inside("a.new"), F_OK), 0);
	unlink(inside("a"));
}

static void
the_cap_and_a_missing_file_are_refused(void **state)
{
	struct buf b;

	(void)state;
	put("b", "12345");
	assert_int_equal(
	    file_read(inside("b"), &b, 4, &why), REASON_FILE_UNREADABLE);
	assert_non_null(strstr(why.text, "longer than 4 bytes"));
	assert_null(b.ptr);
	assert_int_equal(file_read(inside("b"), &b, 5, &why), REASON_OK);
	buf_free(&b);
	unlink(inside("b"));
	assert_int_equal(
	    file_read(inside("b"), &b, 4, &why), REASON_FILE_UNREADABLE);
	assert_non_null(strstr(why.text, "No such file"));
	buf_free(&b);
}

static void
only_files_are_replaced(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(mkfifo(inside("pipe"), 0600), 0);
	assert_int_equal(file_write(inside("pipe"), span_str("x"), 0600, &why),
	    REASON_FILE_UNREADABLE);
	assert_non_null(strstr(why.text, "not a regular file"));
	assert_int_equal(stat(inside("pipe"), &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	unlink(inside("pipe"));
	assert_int_equal(
	    file_write(inside("none/x"), span_str("x"), 0600, &why),
	    REASON_FILE_UNREADABLE);
}

static void
nobody_is_followed(void **state)
{
	struct buf b;

	(void)state;
	put("victim", "mine");
	assert_int_equal(symlink("victim", inside("c.new")), 0);
	assert_int_equal(
	    file_write(inside("c"), span_str("new"), 0600, &why), REASON_OK);
	assert_int_equal(file_read(inside("victim"), &b, 9, &why), REASON_OK);
	assert_int_equal(b.len, 4);
	buf_free(&b);
	unlink(inside("victim"));
	unlink(inside("c"));
}

/* Of several who write one new file at the same time one succeeds, and what is
 * there is its work. */
static void
one_of_many(void **state)
{
	unsigned round, i, won;
	char text[2] = "0";
	int status, gate[2];
	struct buf b;

	(void)state;
	for (round = 0; round < 20; round++) {
		assert_int_equal(pipe(gate), 0);
		for (i = 0; i < 6; i++) {
			text[0] = (char)('0' + i);
			if (fork() != 0)
				continue;
			close(gate[1]);
			(void)!read(gate[0], text + 1, 1); /* all at once */
			text[1] = '\0';
			_exit(file_write_new(inside("new"), span_str(text),
				  0600, &why) == REASON_OK
				? 10 + (int)i
				: 0);
		}
		close(gate[0]);
		close(gate[1]);
		for (i = won = 0; i < 6; i++) {
			assert_true(wait(&status) > 0);
			if (WEXITSTATUS(status) != 0) {
				won++;
				text[0] =
				    (char)('0' + WEXITSTATUS(status) - 10);
			}
		}
		assert_int_equal(won, 1);
		assert_int_equal(
		    file_read(inside("new"), &b, 9, &why), REASON_OK);
		assert_int_equal(b.ptr[0], text[0]);
		buf_free(&b);
		unlink(inside("new"));
	}
	/* Nor is a link followed, or anything left behind: the folder must be
	 * empty at the end. */
	assert_int_equal(symlink("victim", inside("new")), 0);
	assert_int_equal(
	    file_write_new(inside("new"), span_str("x"), 0600, &why),
	    REASON_FILE_UNREADABLE);
	assert_non_null(strstr(why.text, "exists already"));
	assert_int_not_equal(access(inside("victim"), F_OK), 0);
	unlink(inside("new"));
}

static void
joins(void **state)
{
	char path[8];

	(void)state;
	path_join(path, sizeof(path), "abc", "def");
	assert_string_equal(path, "abc/def");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(the_cap_and_a_missing_file_are_refused),
		cmocka_unit_test(only_files_are_replaced),
		cmocka_unit_test(nobody_is_followed),
		cmocka_unit_test(one_of_many),
		cmocka_unit_test(joins),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
