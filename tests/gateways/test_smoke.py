def test_smoke(dav):
    for m,p,b,h in [("OPTIONS","/",b"",{}),("OPTIONS","*",b"",{}),("PROPFIND","/",b"",{"Depth":"1"}),("MKCOL","/Inbox/a",b"",{}),("PUT","/Inbox/a/x.txt",b"hello",{}),
        ("PROPFIND","/Inbox/a",b"",{}),("GET","/Inbox/a/x.txt",b"",{}),("HEAD","/Inbox/a/x.txt",b"",{}),("GET","/Inbox",b"",{}),("GET","/",b"",{}),("GET","/channels",b"",{}),("PROPFIND","/channels",b"",{}),
        ("MOVE","/Inbox/a/x.txt",b"",{"Destination":"http://dam.example:8080/Review/x.txt"}),("MOVE","/Inbox/a/x.txt",b"",{"Destination":"/Review/a/x.txt"}),
        ("LOCK","/Inbox/a/y.txt",b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>me</D:href></D:owner></D:lockinfo>',{}),
        ("MOVE","/Inbox/a",b"",{"Destination":"/Approved/a"}),("COPY","/Review/x.txt",b"",{"Destination":"/Inbox/z.txt"}),("DELETE","/Review/x.txt",b"",{}),("PROPFIND","/Refusals.txt",b"",{}),("GET","/Refusals.txt",b"",{}),
        ("PROPPATCH","/Inbox/z.txt",b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><Z:Win32CreationTime xmlns:Z="urn:schemas-microsoft-com:">x</Z:Win32CreationTime></D:prop></D:set></D:propertyupdate>',{}),
        ("PROPFIND","/Inbox/z.txt",b'<D:propfind xmlns:D="DAV:"><D:prop><D:supportedlock/><D:lockdiscovery/><Z:Win32CreationTime xmlns:Z="urn:schemas-microsoft-com:"/><a/><D:quota/></D:prop></D:propfind>',{}),
        ("PROPFIND","/Inbox/z.txt",b'<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>',{}),
        ("GET","/healthz",b"",{}),("GET","/readyz",b"",{}),("POST","/",b"",{}),("FOO","/",b"",{}),("GET","/a/xyz",b"",{}),("PUT","/channels/x",b"a",{})]:
        a=dav(m,p,b,**h); print(m,p,h,"->",a.line,a.headers,a.body[:1500]); print()
