/* Whole files: read with a cap, replaced at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/file.h"
#include "../folder.h"

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
	put("elsewhere", "old");
	assert_int_equal(symlink("elsewhere", inside("link")), 0);
	assert_int_equal(file_write(inside("link"), span_str("x"), 0600, &why),
	    REASON_FILE_UNREADABLE);
	assert_int_equal(
	    file_writable(inside("link"), &why), REASON_FILE_UNREADABLE);
	assert_int_equal(lstat(inside("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	unlink(inside("link"));
	unlink(inside("elsewhere"));
	assert_int_equal(
	    file_write(inside("none/x"), span_str("x"), 0600, &why),
	    REASON_FILE_UNREADABLE);
}

/* Without a writer open() itself would wait. */
static void
pipes_are_not_waited_for(void **state)
{
	struct buf b;

	(void)state;
	assert_int_equal(mkfifo(inside("pipe"), 0600), 0);
	assert_int_equal(file_read_regular(inside("pipe"), &b, 5, &why),
	    REASON_FILE_UNREADABLE);
	assert_non_null(strstr(why.text, "not a regular file"));
	unlink(inside("pipe"));
	put("c", "12345");
	assert_int_equal(
	    file_read_regular(inside("c"), &b, 5, &why), REASON_OK);
	assert_true(span_is(buf_span(&b), "12345"));
	buf_free(&b);
	assert_int_equal(file_read_regular(inside("c"), &b, 4, &why),
	    REASON_FILE_UNREADABLE);
	unlink(inside("c"));
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

/* A file of many who replace it is whole at each moment, and one of theirs. */
static void
many_replace(void **state)
{
	static uint8_t bytes[1 << 18];
	unsigned i, round;
	struct buf b;
	int status;

	(void)state;
	assert_int_equal(
	    file_write(inside("r"), span_of(bytes, sizeof(bytes)), 0600, &why),
	    REASON_OK);
	for (i = 1; i < 7; i++) {
		if (fork() != 0)
			continue;
		memset(bytes, (int)i, sizeof(bytes));
		status = 0;
		for (round = 0; round < 30; round++)
			status |= file_write(inside("r"),
				      span_of(bytes, sizeof(bytes)), 0600,
				      &why) != REASON_OK &&
			    strstr(why.text, "another process") == NULL;
		_exit(status);
	}
	for (round = 0; round < 200; round++) {
		assert_int_equal(
		    file_read(inside("r"), &b, sizeof(bytes), &why), REASON_OK);
		assert_int_equal(b.len, sizeof(bytes));
		for (i = 1; i < b.len; i++)
			if (b.ptr[i] != b.ptr[0])
				fail_msg("two writers in one file");
		buf_free(&b);
	}
	for (i = 1; i < 7; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	unlink(inside("r"));
}

/* What a crash left is nobody's; what somebody writes just now is theirs. */
static void
the_dead_and_the_living(void **state)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int gate[2], ready[2], fd;
	char byte = 0;

	(void)state;
	put("d.new", "of the dead");
	assert_int_equal(
	    file_write_new(inside("d"), span_str("x"), 0600, &why), REASON_OK);
	assert_int_not_equal(access(inside("d.new"), F_OK), 0);
	assert_int_equal(pipe(gate), 0);
	assert_int_equal(pipe(ready), 0);
	put("d.new", "of the living");
	if (fork() == 0) {
		close(gate[1]);
		fd = open(inside("d.new"), O_RDWR);
		if (fcntl(fd, F_SETLK, &all) != 0 ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		(void)!read(gate[0], &byte, 1);
		_exit(0);
	}
	close(gate[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(file_write(inside("d"), span_str("y"), 0600, &why),
	    REASON_FILE_UNREADABLE);
	assert_non_null(strstr(why.text, "another process"));
	assert_int_equal(
	    file_writable(inside("d"), &why), REASON_FILE_UNREADABLE);
	assert_int_equal(access(inside("d.new"), F_OK), 0);
	close(gate[1]);
	close(ready[0]);
	close(ready[1]);
	assert_true(wait(NULL) > 0);
	assert_int_equal(
	    file_write(inside("d"), span_str("y"), 0600, &why), REASON_OK);
	unlink(inside("d"));
}

#define NOBODY 65534

/* In a folder, as a user who is not root; only root can become one. */
static void
as_nobody(const char *where, int (*act)(void))
{
	pid_t pid;
	int status;

	if ((pid = fork()) == 0) {
		if (chdir(where) != 0 || setgid(NOBODY) != 0 ||
		    setuid(NOBODY) != 0)
			_exit(100);
		_exit(act());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
write_beside(void)
{
	if (file_write("e", span_str("y"), 0600, &why) !=
		REASON_FILE_UNREADABLE ||
	    strstr(why.text, "Permission denied") == NULL)
		return 1;
	return file_writable("e", &why) == REASON_FILE_UNREADABLE ? 0 : 2;
}

/* Whether another user's writer lives, cannot be asked: its file stays. */
static void
anothers_is_left(void **state)
{
	struct buf b;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(inside("."), 0777), 0);
	put("e.new", "of another");
	as_nobody(inside("."), write_beside);
	assert_int_equal(file_read(inside("e.new"), &b, 99, &why), REASON_OK);
	assert_true(span_is(buf_span(&b), "of another"));
	buf_free(&b);
	unlink(inside("e.new"));
}

static int
look_at_drop(void)
{
	if (file_writable("x", &why) != REASON_FILE_UNREADABLE ||
	    strstr(why.text, "sync: ") == NULL)
		return 1;
	return access("x.new", F_OK) != 0 ? 0 : 2;
}

/* A folder that takes files and cannot be opened, so that no name in it is known to
 * last. */
static void
a_drop_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(inside("drop"), 0700), 0);
	assert_int_equal(chown(inside("drop"), NOBODY, NOBODY), 0);
	assert_int_equal(chmod(inside("drop"), 0300), 0);
	as_nobody(inside("drop"), look_at_drop);
	assert_int_equal(rmdir(inside("drop")), 0);
}

/* Descriptor 1 as it is given, then as it was. */
static enum reason
writable_to(int fd)
{
	int before = dup(STDOUT_FILENO);
	enum reason r;

	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	r = file_writable("-", &why);
	assert_true(dup2(before, STDOUT_FILENO) >= 0);
	close(before);
	return r;
}

static void
standard_output_is_looked_at(void **state)
{
	int ends[2], none = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(writable_to(none), REASON_FILE_UNREADABLE);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(writable_to(ends[1]), REASON_OK);
	close(ends[0]);
	assert_int_equal(writable_to(ends[1]), REASON_FILE_UNREADABLE);
	close(ends[1]);
	close(none);
}

static void
a_place_is_looked_at(void **state)
{
	(void)state;
	assert_int_equal(file_writable("-", &why), REASON_OK);
	assert_int_equal(file_writable(inside("p"), &why), REASON_OK);
	assert_int_not_equal(access(inside("p"), F_OK), 0);
	assert_int_equal(
	    file_writable(inside("none/p"), &why), REASON_FILE_UNREADABLE);
	assert_int_equal(
	    file_writable(inside("."), &why), REASON_FILE_UNREADABLE);
}

/* What cannot be repeated is not begun where its result would have no room. */
static void
room_is_looked_for(void **state)
{
	const struct rlimit small = { 100, RLIM_INFINITY };
	struct rlimit before;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(
	    file_writable(inside("p"), &why), REASON_FILE_UNREADABLE);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(why.text, "p.new: write: "));
	assert_int_not_equal(access(inside("p.new"), F_OK), 0);
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
		cmocka_unit_test(pipes_are_not_waited_for),
		cmocka_unit_test(nobody_is_followed),
		cmocka_unit_test(one_of_many),
		cmocka_unit_test(many_replace),
		cmocka_unit_test(the_dead_and_the_living),
		cmocka_unit_test(anothers_is_left),
		cmocka_unit_test(a_drop_is_refused),
		cmocka_unit_test(standard_output_is_looked_at),
		cmocka_unit_test(a_place_is_looked_at),
		cmocka_unit_test(room_is_looked_for),
		cmocka_unit_test(joins),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
