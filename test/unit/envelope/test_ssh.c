/* Signatures of OpenSSH: made by ssh-keygen, read by us; every octet counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "envelope/ssh.h"

#define NAMESPACE "hallmark-ceremony"

static char folder[PATH_MAX];

static void
shell(const char *format, ...)
{
	char command[2 * PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	assert_int_equal(system(command), 0);
}

static struct buf
content(const char *name)
{
	char path[PATH_MAX + 16];
	struct buf out;
	struct why why;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_read(path, &out, 4096, &why), REASON_OK);
	return out;
}

struct made {
	struct ssh_key key;
	struct buf message, file;
};

static void
make(struct made *m, const char *type, const char *more)
{
	struct buf line;
	struct why why;

	shell("cd %s && rm -f key* && printf 'a message' >message && "
	      "ssh-keygen -q -N '' -C 'somebody else' -t %s -f key && "
	      "ssh-keygen -q -Y sign %s -n " NAMESPACE
	      " -f key message 2>/dev/null",
	    folder, type, more);
	line = content("key.pub");
	line.len--; /* the newline */
	assert_int_equal(
	    ssh_key_read(buf_span(&line), &m->key, &why), REASON_OK);
	buf_free(&line);
	m->message = content("message");
	m->file = content("message.sig");
	shell("rm %s/message.sig", folder);
}

static void
made_free(struct made *m)
{
	buf_free(&m->message);
	buf_free(&m->file);
}

static enum reason
verify(const struct made *m)
{
	struct why why;

	return ssh_verify(&m->key, NAMESPACE, buf_span(&m->message),
	    buf_span(&m->file), &why);
}

/* Each octet as what another kind of base64 would have there. */
static void
alphabets_differ(struct made *m)
{
	static const char others[] = "+-/_=A \n";
	size_t i, j;

	for (i = 0; i < m->file.len; i++)
		for (j = 0; j < sizeof(others); j++) {
			uint8_t kept = m->file.ptr[i];

			if (kept == (uint8_t)others[j])
				continue;
			m->file.ptr[i] = (uint8_t)others[j];
			assert_int_equal(verify(m), REASON_SSH_SIGNATURE);
			m->file.ptr[i] = kept;
		}
}

/* As ssh-keygen prints and makes it; then each bit of the file turned. */
static void
kind_holds(const char *type, const char *more)
{
	char print[SSH_PRINT_SIZE], command[128];
	struct made m;
	size_t i;

	make(&m, type, more);
	assert_int_equal(verify(&m), REASON_OK);
	ssh_key_print(&m.key, print);
	snprintf(command, sizeof(command), "%s", print);
	shell("ssh-keygen -l -f %s/key.pub | grep -qF '%s'", folder, command);
	for (i = 0; i < 8 * m.file.len; i++) {
		m.file.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(verify(&m), REASON_SSH_SIGNATURE);
		m.file.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	alphabets_differ(&m);
	for (i = 1; i < m.file.len; i++) {
		m.file.len -= i;
		assert_int_equal(verify(&m), REASON_SSH_SIGNATURE);
		m.file.len += i;
	}
	m.message.ptr[0] ^= 1;
	assert_int_equal(verify(&m), REASON_SSH_SIGNATURE);
	made_free(&m);
}

static void
ed25519_holds(void **state)
{
	(void)state;
	kind_holds("ed25519", "");
	kind_holds("ed25519", "-O hashalg=sha256");
}

/* Several, because r and s have leading zeros or not by chance. */
static void
ecdsa_holds(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++)
		kind_holds(i % 2 == 0 ? "ecdsa -b 256" : "ecdsa -b 384", "");
}

static void
others_are_refused(void **state)
{
	struct made a, b;
	struct why why;

	(void)state;
	make(&a, "ed25519", "");
	make(&b, "ed25519", "");
	assert_int_equal(ssh_verify(&a.key, NAMESPACE, buf_span(&b.message),
			     buf_span(&b.file), &why),
	    REASON_SSH_SIGNATURE);
	assert_non_null(strstr(why.text, "another key"));
	assert_int_equal(ssh_verify(&b.key, "file", buf_span(&b.message),
			     buf_span(&b.file), &why),
	    REASON_SSH_SIGNATURE);
	assert_non_null(strstr(why.text, "namespace"));
	made_free(&a);
	made_free(&b);
}

static void
keys_are_of_two_kinds(void **state)
{
	static const char *const bad[] = { "", "ssh-ed25519", "ssh-ed25519 ",
		"ssh-ed25519 AAAA", "ssh-ed25519  AAAA",
		"ssh-rsa AAAAB3NzaC1yc2E=",
		/* the type inside is another one */
		("ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkK"
		 "CwwNDg8QERITFBUWFxgZGhscHR4f") };
	struct ssh_key key;
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
		    ssh_key_read(span_str(bad[i]), &key, &why), REASON_SSH_KEY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ed25519_holds),
		cmocka_unit_test(ecdsa_holds),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(keys_are_of_two_kinds),
	};
	const char *top = getenv("TMPDIR");
	int failed;

	snprintf(
	    folder, sizeof(folder), "%s/ssh.XXXXXX", top == NULL ? "." : top);
	if (mkdtemp(folder) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	shell("rm -r %s", folder);
	return failed;
}
