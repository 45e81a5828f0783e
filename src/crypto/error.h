/* After a call of libcrypto that did not succeed. */
#ifndef CRYPTO_ERROR_H
#define CRYPTO_ERROR_H

/*
 * Forgets what libcrypto has to say about what it refused. Ends the process if
 * it was memory that it lacked: a signature that could not be checked for want
 * of it is not a wrong one, and the next certificate that fits may lead to
 * another chain and so to another pin.
 */
void crypto_refused(void);

#endif
