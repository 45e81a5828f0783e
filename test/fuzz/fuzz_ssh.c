/*
 * OpenSSH's keys and signatures. The input is a line with a key, then a signature
 * file. A key that is accepted prints; a signature that is accepted is one over
 * that message in that namespace only, and in no other form.
 */
#include "envelope/ssh.h"
#include "fuzz.h"

#define MESSAGE "a message\n"

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = memchr(bytes, '\n', len);
	struct span line = span_of(bytes, len), file = span_of(bytes, 0);
	struct span message = span_str(MESSAGE);
	char print[SSH_PRINT_SIZE];
	struct ssh_key key;
	struct why why;
	uint64_t digest;

	if (end != NULL) {
		line.len = (size_t)(end - bytes);
		file = span_of(end + 1, len - line.len - 1);
	}
	why_clear(&why);
	if (ssh_key_read(line, &key, &why) != REASON_OK) {
		require(why.text[0] != '\0');
		return 0;
	}
	ssh_key_print(&key, print);
	require(strlen(print) == SSH_PRINT_SIZE - 1);
	digest = digest_add(ACCEPTED, print, strlen(print));
	/* Where libcrypto has no memory a signature fails, too; the programs end
	 * then (crypto/hash/memory.h). */
	if (ssh_verify(&key, "hallmark-ceremony", message, file, &why) !=
	    REASON_OK) {
		require(why.text[0] != '\0');
		return 0;
	}
	require(ssh_verify(&key, "file", message, file, &why) != REASON_OK);
	message.len--;
	require(ssh_verify(&key, "hallmark-ceremony", message, file, &why) !=
	    REASON_OK);
	return digest_add(digest, "signed", 6);
}
