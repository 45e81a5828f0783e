/*
 * Signatures of OpenSSH keys over text (ssh-keygen -Y sign; PROTOCOL.sshsig of
 * OpenSSH): how operators and witnesses sign with keys that they have. Ed25519,
 * and ECDSA over P-256 and P-384. No allocation.
 */
#ifndef ENVELOPE_SSHSIG_H
#define ENVELOPE_SSHSIG_H

#include "base/reason.h"
#include "crypto/hash/hash.h"
#include "model/names.h"

#define SSHSIG_MAX 1024 /* octets of a signature, armour taken off */

/* A key in the form of a .pub file: the octets behind its base64. true if it is of
 * a kind that we know; its SubjectPublicKeyInfo goes to spki. */
bool ssh_key_read(struct span blob, uint8_t spki[SPKI_MAX], size_t *spki_len);
/* The fingerprint that ssh-keygen -l shows, before it becomes base64. */
void ssh_key_fingerprint(struct span blob, uint8_t out[HASH_SIZE]);
/* Takes the armour off: -----BEGIN SSH SIGNATURE----- to its end. */
bool sshsig_unarmour(struct span text, uint8_t out[SSHSIG_MAX], size_t *len);
/*
 * Checks a signature, armour off, over message for this namespace. What signed is
 * told by its fingerprint; whose key that is, is the caller's to know.
 * OPERATOR_SIGNATURE.
 */
MUST_USE enum reason sshsig_verify(struct span signature,
    const char *name_space, struct span message, uint8_t fingerprint[HASH_SIZE],
    struct why *why);

#endif
