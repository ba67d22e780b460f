"""Documents of a visit (执法文书) as files: what their fields hold, and how Word and PDF files are made of it.

The pack says which fields a document has and in which order (``models.policy.papers``); here each is filled in, in the
language of the document.
"""
