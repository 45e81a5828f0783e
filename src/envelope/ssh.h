/*
 * OpenSSH's keys and signatures (SSHSIG, version 1), for people who acknowledge
 * a ceremony, or the end of a key, with a key that they have: Ed25519, ECDSA on
 * P-256 and P-384.
 *
 *   string = length 4, octets
 *   public key = string type, string octets | (string curve, string point)
 *   file = "SSHSIG", version 4, string public key, string namespace,
 *          string reserved (empty), string "sha256" | "sha512", string signature
 *   signed = "SSHSIG", string namespace, string reserved, string hash algorithm,
 *            string hash of the message
 *
 * The file is base64 in lines of 70 between its BEGIN and END. There is one
 * accepted form: no octet of a signature file can be another one.
 */
#ifndef ENVELOPE_SSH_H
#define ENVELOPE_SSH_H

#include "crypto/public_key.h"

#define SSH_KEY_MAX	  160 /* octets of a public key, decoded */
#define SSH_KEY_TEXT_MAX  256
#define SSH_SIGNATURE_MAX 1024 /* octets of a signature file */

struct ssh_key {
	uint8_t blob[SSH_KEY_MAX];
	size_t len; /* 0 = none */
	enum key_type type;
};

/* "ssh-ed25519 AAAA... [comment]", or "ecdsa-sha2-nistp256 ...", one line
 * without its end. SSH_KEY for everything else. */
MUST_USE enum reason ssh_key_read(
    struct span line, struct ssh_key *out, struct why *why);
/* "SHA256:..." as ssh-keygen -l prints it; out holds SSH_PRINT_SIZE. */
#define SSH_PRINT_SIZE 51
void ssh_key_print(const struct ssh_key *k, char out[SSH_PRINT_SIZE]);
/* Takes the armour off a signature file: its octets, at most SSH_SIGNATURE_MAX. */
bool ssh_unarmour(
    struct span file, uint8_t out[SSH_SIGNATURE_MAX], size_t *len);
/* Is this file a signature of that key over message in that namespace?
 * SSH_SIGNATURE says what is wrong. */
MUST_USE enum reason ssh_verify(const struct ssh_key *k, const char *namespace,
    struct span message, struct span file, struct why *why);

#endif
