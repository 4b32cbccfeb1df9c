"""Serving: simulations behind HTTP.

    app       what is where, inside of which guard
    endpoints what answers each path, and what is answered when something is wrong
    guard     who may ask at all: Host, Origin, token
    bodies    what was sent: JSON, of bounded size, in time
    asking    a document and its answer, on the thread of a world
    control   time, moved from outside
    worlds    one world for each tenant
    owner     one simulation, and the one thread that touches it
    goals     how far somebody moves a world's time
    pace      how real time moves it
    journal   what happened, as records that somebody shows
    waiting   for what may never come
    refusals  what is answered instead
    server    uvicorn around it

Data flows down and back: a request passes the guard, its body is read, its world is found, and the work that
it means is put in the queue of that world's owner. This package must not know the terminal.
"""
