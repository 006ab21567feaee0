/*
 * How many times longer than usual a machine may take to start and to hear from a program. For an
 * emulated one: make CPPFLAGS=-DSLOWNESS=10
 */
#ifndef NSPROC_SLOWNESS_H
#define NSPROC_SLOWNESS_H

#ifndef SLOWNESS
#define SLOWNESS 1
#endif

#endif
