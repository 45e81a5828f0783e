/* The blocklist in shared memory: what it says, who can write it, and that a
 * look-up is never torn while it is written. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto/hash/hash.h"
#include "ipc/blocklist.h"

#define NOW 1000

static const uint8_t none[HASH_SIZE];

static struct block_entry
client(enum block_kind kind, unsigned n, int64_t until)
{
	struct block_entry e = { .name.kind = kind, .until = until };

	memcpy(e.name.bytes, &n, sizeof(n));
	e.name.bytes[HASH_SIZE - 1] = 1;
	return e;
}

static struct block_entry
prefix(const char *text)
{
	struct block_entry e = { 0 };
	struct why why;

	assert_int_equal(
	    block_name_read(&e.name, span_str(text), &why), REASON_OK);
	return e;
}

static struct blocklist *
make(const struct blocklist **reader, int *fd)
{
	struct blocklist *b = blocklist_new(fd);

	*reader = blocklist_open(dup(*fd));
	assert_non_null(*reader);
	return b;
}

static void
look_up(void **state)
{
	struct block_entry e[5] = { prefix("address:192.0.2.0/24"),
		client(BLOCK_CERTIFICATE, 7, NOW + 10), client(BLOCK_KEY, 7, 0),
		client(BLOCK_CERTIFICATE, 3, 0),
		prefix("address:2001:db8::1") };
	uint8_t seven[HASH_SIZE], three[HASH_SIZE];
	const struct blocklist *r;
	struct blocklist *b;
	int fd;

	(void)state;
	b = make(&r, &fd);
	memcpy(seven, e[1].name.bytes, HASH_SIZE);
	memcpy(three, e[3].name.bytes, HASH_SIZE);
	assert_false(blocklist_has(r, seven, seven, "192.0.2.1", NOW));
	blocklist_publish(b, e, 5);
	assert_true(blocklist_has(r, seven, none, "", NOW));
	assert_true(blocklist_has(r, none, seven, "", NOW));
	assert_false(blocklist_has(r, none, seven, "", NOW + 10));
	assert_false(blocklist_has(r, three, none, "", NOW)); /* no key */
	assert_true(blocklist_has(r, three, three, "", NOW));
	assert_true(blocklist_has(r, none, none, "192.0.2.1", NOW));
	assert_false(blocklist_has(r, none, none, "192.0.3.1", NOW));
	assert_true(blocklist_has(r, none, none, "2001:db8::1", NOW));
	assert_false(blocklist_has(r, none, none, "nonsense", NOW));
	blocklist_publish(b, e, 0);
	assert_false(blocklist_has(r, seven, seven, "192.0.2.1", NOW));
	close(fd);
	blocklist_close(b);
	blocklist_close(r);
}

static void
full(void **state)
{
	static struct block_entry e[BLOCKED_CLIENTS_MAX + BLOCKED_PREFIXES_MAX];
	const struct blocklist *r;
	struct blocklist *b;
	char text[40];
	unsigned i;
	int fd;

	(void)state;
	b = make(&r, &fd);
	for (i = 0; i < BLOCKED_CLIENTS_MAX; i++)
		e[i] = client(BLOCK_CERTIFICATE, 3 * i, 0);
	for (i = 0; i < BLOCKED_PREFIXES_MAX; i++) {
		snprintf(text, sizeof(text), "address:10.%u.0.0/16", i);
		e[BLOCKED_CLIENTS_MAX + i] = prefix(text);
	}
	blocklist_publish(b, e, BLOCKED_CLIENTS_MAX + BLOCKED_PREFIXES_MAX);
	for (i = 0; i < 3 * BLOCKED_CLIENTS_MAX; i++) {
		struct block_entry wanted = client(BLOCK_CERTIFICATE, i, 0);

		assert_int_equal(
		    blocklist_has(r, none, wanted.name.bytes, "", NOW),
		    i % 3 == 0);
	}
	assert_true(blocklist_has(r, none, none, "10.255.1.1", NOW));
	close(fd);
	blocklist_close(b);
	blocklist_close(r);
}

/* With nothing but its descriptor nobody can write, by any way that there is,
 * or pull the memory from under a reader. */
static void
sealed(void **state)
{
	const struct blocklist *r;
	struct blocklist *b;
	char path[64];
	struct stat st;
	int fd, again;

	(void)state;
	b = make(&r, &fd);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, st.st_size + 1), -1);
	assert_ptr_equal(
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
	    MAP_FAILED);
	assert_int_equal(mprotect((void *)r, 4096, PROT_READ | PROT_WRITE), -1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((again = open(path, O_RDWR)) >= 0) {
		assert_int_equal(write(again, "x", 1), -1);
		assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_SHARED, again, 0),
		    MAP_FAILED);
		close(again);
	}
	close(fd);
	blocklist_close(b);
	blocklist_close(r);
}

static void
impostors(void **state)
{
	int fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const struct blocklist *r;
	struct blocklist *b;
	struct stat st;
	int good;

	(void)state;
	b = make(&r, &good);
	assert_int_equal(fstat(good, &st), 0);
	assert_int_equal(ftruncate(fd, st.st_size), 0);
	assert_null(blocklist_open(dup(fd))); /* can be cut off */
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS,
			     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE |
				 F_SEAL_SEAL),
	    0);
	assert_null(blocklist_open(fd)); /* another size */
	assert_null(blocklist_open(open("/dev/null", O_RDONLY)));
	close(good);
	blocklist_close(b);
	blocklist_close(r);
}

/* Known customers: who is in is found, and nobody else, up to many; a table
 * without a free slot ends the search. */
static void
known(void **state)
{
	const struct blocklist *r;
	struct blocklist *b;
	uint8_t hash[HASH_SIZE];
	unsigned i, in = 0, found = 0;
	int fd;

	(void)state;
	b = make(&r, &fd);
	assert_false(blocklist_knows(r, none));
	assert_false(blocklist_know(b, none));
	for (i = 0; i < 3 * KNOWN_SLOTS; i++) {
		sha256(span_of(&i, sizeof(i)), hash);
		if (i == 40000)
			assert_int_equal(in, 40000);
		assert_false(blocklist_knows(r, hash));
		in += blocklist_know(b, hash);
		found += blocklist_knows(r, hash);
	}
	assert_int_equal(found, in);
	assert_true(in > KNOWN_SLOTS / 10 * 9 && in <= KNOWN_SLOTS);
	/* Half a hash is not enough if the other half is another one. */
	i = 7;
	sha256(span_of(&i, sizeof(i)), hash);
	assert_true(blocklist_knows(r, hash));
	hash[8] ^= 1;
	assert_false(blocklist_knows(r, hash));
	close(fd);
	blocklist_close(b);
	blocklist_close(r);
}

#define ROUNDS 300
#define CROWD  2000

/* One client that is always there, and a crowd below or above it in turn, so
 * that its place in the table is another one each time. */
static void
publish_round(struct blocklist *b, const struct block_entry *always, bool below)
{
	static struct block_entry e[CROWD + 1];
	unsigned i;

	for (i = 0; i < CROWD; i++) {
		e[i] = client(BLOCK_CERTIFICATE, i, 0);
		e[i].name.bytes[3] = below ? 0 : 0xff;
		e[i].name.bytes[0] = below ? 0 : 0xff;
	}
	e[CROWD] = *always;
	blocklist_publish(b, e, CROWD + 1);
}

/* Looks up until the pipe's other end is closed; how often is in `rounds`. */
static int
looker(const struct blocklist *r, const struct block_entry *always,
    const struct block_entry *never, int tube, _Atomic unsigned *rounds)
{
	unsigned i;
	char c;

	for (; read(tube, &c, 1) != 0; (*rounds)++)
		for (i = 0; i < 1000; i++)
			if (!blocklist_has(
				r, none, always->name.bytes, "", NOW) ||
			    blocklist_has(r, none, never->name.bytes, "", NOW))
				return 1;
	return 0;
}

/*
 * Another process is stopped wherever it is in a look-up, the table under its
 * eyes is written anew, and it goes on: what is always there must be found each
 * time, what is never there must not.
 */
static void
never_torn(void **state)
{
	struct block_entry always = client(BLOCK_CERTIFICATE, 0x8080, 0),
			   never = client(BLOCK_CERTIFICATE, 0x8081, 0);
	const struct blocklist *r;
	struct blocklist *b;
	_Atomic unsigned *rounds = mmap(NULL, sizeof(*rounds),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd, status, tube[2];
	unsigned n, before;
	siginfo_t end;
	pid_t child;

	(void)state;
	assert_ptr_not_equal(rounds, MAP_FAILED);
	b = make(&r, &fd);
	assert_int_equal(pipe2(tube, O_NONBLOCK), 0);
	publish_round(b, &always, true);
	if ((child = fork()) == 0) {
		close(tube[1]);
		_exit(looker(r, &always, &never, tube[0], rounds));
	}
	close(tube[0]);
	for (n = 1; n <= ROUNDS; n++) {
		assert_int_equal(kill(child, SIGSTOP), 0);
		assert_int_equal(waitpid(child, &status, WUNTRACED), child);
		if (!WIFSTOPPED(status))
			fail_msg("a look-up was torn");
		publish_round(b, &always, n % 2 == 0);
		publish_round(b, &always, n % 2 == 0);
		before = *rounds;
		assert_int_equal(kill(child, SIGCONT), 0);
		memset(&end, 0, sizeof(end));
		while (*rounds == before &&
		    waitid(P_PID, (id_t)child, &end,
			WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    end.si_pid == 0)
			sched_yield();
	}
	assert_true(*rounds >= ROUNDS);
	close(tube[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(fd);
	blocklist_close(b);
	blocklist_close(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(look_up),
		cmocka_unit_test(full),
		cmocka_unit_test(sealed),
		cmocka_unit_test(impostors),
		cmocka_unit_test(known),
		cmocka_unit_test(never_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
