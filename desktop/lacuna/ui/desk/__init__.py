"""The desk: what happens when the reader acts, between widgets, session and threads.

QObjects on the GUI thread. They hold no words of a report and draw nothing.
"""
